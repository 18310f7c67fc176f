<?php

use App\Http\Controllers\OrderController;
use App\Http\Controllers\PageController;
use Illuminate\Support\Facades\Route;

Route::get('/', [PageController::class, 'home']);
Route::get('/error', [PageController::class, 'error']);
Route::get('/orders', [OrderController::class, 'index']);
Route::get('/reports/orders', [OrderController::class, 'report']);
