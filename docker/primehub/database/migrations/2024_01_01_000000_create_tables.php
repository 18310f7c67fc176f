<?php

use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Support\Facades\Schema;

return new class extends Migration
{
    public function up(): void
    {
        Schema::create('customers', static function (Blueprint $table): void {
            $table->id();
            $table->string('name');
            $table->string('email')->unique();
            $table->timestamps();
        });

        Schema::create('orders', static function (Blueprint $table): void {
            $table->id();
            $table->string('reference')->unique();
            $table->foreignId('customer_id')->constrained();
            $table->string('status', 20);
            $table->unsignedInteger('total_cents');
            $table->timestamps();
        });

        Schema::create('job_results', static function (Blueprint $table): void {
            $table->uuid('job_id')->primary();
            $table->string('type', 20);
            $table->string('status', 20);
            $table->text('result')->nullable();
            $table->unsignedTinyInteger('attempts')->nullable();
            $table->string('worker')->nullable();
            $table->timestamp('created_at')->nullable();
            $table->timestamp('finished_at')->nullable();
        });

        Schema::create('failed_jobs', static function (Blueprint $table): void {
            $table->id();
            $table->string('uuid')->unique();
            $table->text('connection');
            $table->text('queue');
            $table->longText('payload');
            $table->longText('exception');
            $table->timestamp('failed_at')->useCurrent();
        });
    }

    public function down(): void
    {
        foreach (['failed_jobs', 'job_results', 'orders', 'customers'] as $table) {
            Schema::dropIfExists($table);
        }
    }
};
