<?php

use App\Http\Controllers\Api\ConfigController;
use App\Http\Controllers\Api\JobController;
use App\Http\Controllers\Api\OrderController;
use Illuminate\Support\Facades\Route;

Route::get('/orders', [OrderController::class, 'index']);
Route::post('/orders', [OrderController::class, 'store']);
Route::get('/orders/{reference}', [OrderController::class, 'show']);

Route::post('/jobs/{type}', [JobController::class, 'store']);
Route::get('/jobs/{id}', [JobController::class, 'show'])->whereUuid('id');

Route::get('/config', [ConfigController::class, 'show']);
